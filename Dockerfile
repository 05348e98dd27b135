# syntax=docker/dockerfile:1
# Build: docker build -t registry-mirror-operator --build-arg VERSION=0.1.0 .
# A tag, so that who builds gets the latest fixes. A release gives its digest at that time: BASE=docker.io/library/node:24-alpine@sha256:…
ARG NODE_VERSION=24
ARG BASE=node:${NODE_VERSION}-alpine

FROM ${BASE} AS build
WORKDIR /src
# The dependencies are a layer of their own: they change less often than the code. No script of theirs is needed: esbuild's binary is
# a package.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json build.mjs licenses.mjs sbom.mjs ./
COPY crds ./crds
COPY src ./src
RUN node build.mjs
RUN node sbom.mjs > dist/sbom.cdx.json

FROM ${BASE}
ARG BASE
ARG VERSION=dev
ARG REVISION=unknown
# Where the sources are. A registry of GitHub shows the image at that repository.
ARG SOURCE=
LABEL org.opencontainers.image.title="registry-mirror-operator" \
      org.opencontainers.image.description="Keeps Harbor proxy-cache projects and the Kyverno policies that send Pods through them in step" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
# Nothing is installed and nothing is written at run time: the root file system can be read-only.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn*
COPY --from=build /src/dist /app
COPY LICENSE /app/LICENSE
RUN ln -s /app/cli/main.js /usr/local/bin/registry-mirror
ENV NODE_ENV=production
# Fit for a limit of 512Mi (docs/how-to/operations.md, Memory). By default Node lets garbage pile up until it comes near the machine's memory.
ENV NODE_OPTIONS="--max-semi-space-size=2 --max-old-space-size=384"
USER 65532:65532
WORKDIR /app
EXPOSE 8080 8081
# SIGTERM reaches node itself: no shell, no init in between.
# Options that NODE_OPTIONS does not take: the heap shrinks after a burst; and no signal opens the debugger, which reads all memory.
ENTRYPOINT ["node", "--optimize-for-size", "--disable-sigusr1", "/app/main.js"]
