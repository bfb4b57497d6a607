"""The library the functions share: domain, ports, processors, adapters and the runtime between them."""
