"""What each package can do, under the same names; `benchmarks.sdk.measure` runs these in their own interpreters.

A module has those of these functions that its package has something for, each of which makes a function to be timed:

- `small_call(url)`: CreateRepository, by a client that exists and has been used before.
- `large_call(url)`: DescribeImages with an answer of 1,000 images.
- `check()`: checks a request of CreateRepository, given as a dict.
- `read()`: makes what its client answers of the body of a DescribeImages.
- `accepts()`: whether it lets the input of an operation, given by service, operation and members, pass.
"""
