# The image of one app. Build it from the root of the repository:
#
#   docker build --file docker/app.Dockerfile --build-arg APP=hello --tag clastic/hello .
#
# PYTHON_BUILD_IMAGE may contain what is needed to reach the package index (certificates,
# configuration of pip): only the installed packages are copied into the image.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
ARG PYTHON_BUILD_IMAGE=${PYTHON_IMAGE}

# The wheels of all locked packages and of the framework, built once for all apps.
FROM ${PYTHON_BUILD_IMAGE} AS wheels
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python3 -m venv /opt/build
COPY docker/build.lock docker/requirements.lock ./
RUN /opt/build/bin/pip install --quiet --require-hashes --requirement build.lock \
    && /opt/build/bin/pip wheel --quiet --require-hashes --requirement requirements.lock --wheel-dir /wheels
COPY framework framework
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels ./framework

# The app and its packages, in the layout of the image.
FROM wheels AS installed
ARG APP
RUN python3 -m venv --without-pip /opt/app
COPY apps/${APP} /srv/app
COPY docker/wsgi.py docker/gunicorn.conf.py docker/healthcheck.py /srv/
RUN test -f "/srv/app/${APP}.py" || { echo "There is no app ${APP}: set APP to the name of a folder in apps." >&2; exit 1; } \
    && touch /srv/app/requirements.txt \
    && /opt/build/bin/pip --python /opt/app/bin/python install --quiet --no-index --find-links /wheels \
        clastic gunicorn --requirement /srv/app/requirements.txt \
    && rm /srv/app/requirements.txt \
    && mkdir /srv/data && chown 10001:10001 /srv/data \
    && chmod -R a+rX /srv /opt/app

FROM ${PYTHON_IMAGE}
ARG APP
LABEL org.opencontainers.image.title="${APP}" \
      org.opencontainers.image.description="The app ${APP} on Clastic, served by Gunicorn" \
      org.opencontainers.image.licenses="BSD-3-Clause"
ENV APP=${APP} PATH=/opt/app/bin:${PATH} PYTHONPATH=/srv/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=installed /opt/app /opt/app
COPY --from=installed /srv /srv
WORKDIR /srv
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# An engine may restart containers that fail this. The compose files check "ready", for containers that
# wait for others.
HEALTHCHECK --interval=3s --timeout=5s --start-period=30s --retries=3 CMD ["python", "/srv/healthcheck.py", "live"]
CMD ["gunicorn"]
