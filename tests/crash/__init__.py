"""What the server asks of the disk before it answers: recorded, checked, and replayed as after a crash.

`trace` records a program with strace and reads the recording, `exchanges` finds the HTTP requests and answers in it,
`disk` holds what a disk would hold at a moment of the recording, `durability` tells which answers left too early.
"""
