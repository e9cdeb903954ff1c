"""Makes the modules beside it, such as `model_values`, importable for the tests in its folders."""
