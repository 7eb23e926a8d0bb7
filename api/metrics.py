"""What Prometheus may know: routes, statuses and seconds. No tenant, user or query is ever a label."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The figures of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "clearsignal_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "clearsignal_http_seconds", "Seconds to answer.", ("route",), buckets=BUCKETS, registry=self.registry
        )
        self.pool = Gauge("clearsignal_pool_connections", "Connections.", ("state",), registry=self.registry)
        self.cache = Gauge("clearsignal_cache_bytes", "Bytes of answers that are kept.", registry=self.registry)
        self.listening = Gauge("clearsignal_listening", "1 while publishes are heard.", registry=self.registry)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request. Labels are looked up once: that costs more than counting."""
        key = (method, route, status)
        found = self._children.get(key)
        if found is None:
            known = method if method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") else "other"
            found = self.requests.labels(known, route, str(status)), self.seconds.labels(route)
            if len(self._children) < 2_000:
                self._children[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
