FROM node:24.21.0-bookworm-slim AS build
# Maven fetches the model that the image brings along.
RUN apt-get update && apt-get install -y --no-install-recommends maven
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN REQUIRE_MODEL=true npm run build && npm prune --omit=dev

FROM node:24.21.0-bookworm-slim
# A container's log goes to its output; an empty LOG_FILE means no file.
ENV NODE_ENV=production \
    STATE_DIR=/var/lib/log-vectorizer \
    LOG_FILE=""
RUN install -d -o node -g node -m 0700 /var/lib/log-vectorizer \
    && ln -s /app/dist/main.js /usr/local/bin/log-vectorizer
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Compose's profile sample loads them; Node runs TypeScript as it is.
COPY scripts/sample-logs ./sample-logs
USER node
VOLUME /var/lib/log-vectorizer
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["log-vectorizer", "health"]
ENTRYPOINT ["log-vectorizer"]
CMD ["run"]
