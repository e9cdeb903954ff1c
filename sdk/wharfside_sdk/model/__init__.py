"""The service models of Amazon ECR and ECR Public as data, and validators made from them.

`ir.load` gives a model, `validators.request_validator` and `validators.response_validator` check what travels,
`errors.InvalidRequest` is how a request is refused. Nothing is imported here: reading the model needs no pydantic.
"""
