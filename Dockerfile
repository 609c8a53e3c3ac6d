FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM dependencies AS build
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY db ./db
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    PROMPTBOX_DATA_DIR=/data \
    TMPDIR=/data
WORKDIR /app
RUN install -d -o node -g node -m 0700 /data
COPY package.json LICENSE NOTICE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY db/migrations ./db/migrations
COPY scripts/healthcheck.mjs ./scripts/
COPY bin ./bin
RUN ln -s /app/bin/promptbox.mjs /usr/local/bin/promptbox
USER node
# Everything written goes here, so the container runs with a read-only root.
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["node", "scripts/healthcheck.mjs"]
CMD ["node", "dist/src/server.js"]
