"""Amazon ECR and ECR Public for Python: typed clients, validated requests, and the service models behind them."""

__version__ = "0.1.0"
