# The image of the browser tests: Python, the tests, and Debian's Chromium and chromedriver, which
# exist for all of Debian's architectures. Build it from the root of the repository.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
ARG PYTHON_BUILD_IMAGE=${PYTHON_IMAGE}

FROM ${PYTHON_BUILD_IMAGE} AS installed
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/e2e
COPY docker/build.lock docker/e2e.lock ./
RUN /opt/build/bin/pip install --quiet --require-hashes --requirement build.lock \
    && /opt/build/bin/pip --python /opt/e2e/bin/python install --quiet --require-hashes --requirement e2e.lock
COPY framework framework
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels ./framework \
    && /opt/build/bin/pip --python /opt/e2e/bin/python install --quiet --no-index --find-links /wheels --no-deps clastic
COPY apps /srv/apps
COPY e2e /srv/e2e
RUN mkdir /srv/results && chown 10001:10001 /srv/results && chmod -R a+rX /srv

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="e2e" \
      org.opencontainers.image.description="The browser tests of the apps on Clastic" \
      org.opencontainers.image.licenses="BSD-3-Clause"
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \
        chromium chromium-driver fonts-dejavu-core >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY --from=installed /opt/e2e /opt/e2e
COPY --from=installed /srv /srv
COPY --from=installed --chown=10001:10001 /srv/results /results
ENV PATH=/opt/e2e/bin:${PATH} HOME=/tmp E2E_RESULTS=/results PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv/e2e
USER 10001:10001
VOLUME /results
ENTRYPOINT ["python", "-m", "pytest", "--junitxml", "/results/junit.xml", "-p", "no:cacheprovider"]
