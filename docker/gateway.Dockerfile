# The image of the gateway: nginx with the configuration in gateway/, as an unprivileged user. Build
# it from the root of the repository.
ARG NGINX_IMAGE=nginx:1.28
FROM ${NGINX_IMAGE}
LABEL org.opencontainers.image.title="gateway" \
      org.opencontainers.image.description="The gateway in front of the apps on Clastic" \
      org.opencontainers.image.licenses="BSD-3-Clause"
COPY docker/gateway /etc/gateway
RUN chmod -R a+rX /etc/gateway && nginx -t -q -c /etc/gateway/nginx.conf && rm -f /tmp/nginx.pid
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=2s --timeout=5s --start-period=30s --retries=3 CMD ["/etc/gateway/healthcheck"]
ENTRYPOINT []
CMD ["nginx", "-c", "/etc/gateway/nginx.conf"]
