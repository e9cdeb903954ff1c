"""What all clients share, written by hand; the generated classes add types.

`call` knows what to send and what an answer means and `retry` whether to send again, neither with any input or output;
`paging` and `waiting` walk pages and poll. `sync` and `asynchronous` drive them over `transport` and `aio_transport`.
"""
