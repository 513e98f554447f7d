# One image for every room: the room is the command (node dist/apps/<room>/main.js).
FROM node:22-slim AS build
WORKDIR /bailee
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
WORKDIR /bailee
ENV NODE_ENV=production
COPY --from=build --chown=node:node /bailee/package.json ./
COPY --from=build --chown=node:node /bailee/node_modules ./node_modules
COPY --from=build --chown=node:node /bailee/dist ./dist
USER node
CMD ["node", "dist/apps/reception/main.js"]
