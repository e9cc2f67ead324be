# One image for every service; docker-compose.yml says which one it is. Hash-locked, not root.
# A mirror of the package index comes by build secret or pip configuration of the builder, never by this file.
FROM python:3.11-slim AS build
WORKDIR /srv
COPY .ci/uv.lock .ci/uv.lock
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r .ci/uv.lock
COPY requirements.lock ./
RUN /opt/venv/bin/uv pip install --no-cache --python /opt/venv/bin/python --require-hashes \
        --compile-bytecode -r requirements.lock
COPY pyproject.toml README.md LICENSE dagster.yaml ./
COPY integrations_pipelines integrations_pipelines
RUN /opt/venv/bin/uv pip install --no-cache --python /opt/venv/bin/python --no-deps --no-build-isolation \
        --compile-bytecode .

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 DAGSTER_HOME=/srv/dagster DAGSTER_DISABLE_TELEMETRY=1 RUNTIME__DLTHUB_TELEMETRY=false \
    INTEGRATIONS_STATE_DIR=/srv/state
RUN useradd --system --uid 10001 --create-home --home-dir /srv integrations \
    && install -d -o integrations -g integrations /srv/dagster /srv/state
COPY --from=build /opt/venv /opt/venv
COPY --chown=integrations dagster.yaml docker/workspace.yaml /srv/dagster/
USER integrations
WORKDIR /srv
CMD ["integrations", "--help"]
