# One image for every service of docker-compose.yml: the command decides which one it is.
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --no-dev --no-install-project
COPY api api
COPY dbt_project dbt_project
COPY orchestration orchestration
COPY pipelines pipelines
RUN uv sync --locked --no-dev

FROM python:3.11-slim-bookworm
# For the source that reads clones; Debian keeps it current.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 clearsignal \
    && install -d -o clearsignal -g clearsignal /var/lib/clearsignal
COPY --from=build --chown=root:root /app /app
WORKDIR /app
COPY workspace.yaml docker-compose.yml ./
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CLEARSIGNAL_HOME=/var/lib/clearsignal
USER clearsignal
VOLUME /var/lib/clearsignal
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["clearsignal", "serve-api", "--host", "0.0.0.0", "--port", "8000"]
