"""Services that answer like the real ones, on loopback: real HTTP, invented runs, faults on demand."""
