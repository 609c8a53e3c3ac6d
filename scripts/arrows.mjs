/**
 * Which room may import which: the arrows of ARCHITECTURE.md as a table. An entry is a room, or one file of a room when
 * the rest of it is none of the importer's business. `types:` before it: only `import type`.
 */
export const rooms = {
  'src/core': { may: [], because: 'everybody imports the core, so it can import nobody' },
  'src/contract': { may: ['src/core'], because: 'the shapes of the wire know nothing of what is done with them' },
  'src/prompts': {
    may: ['src/core', 'src/contract'],
    because: 'domain rooms are pure and do not know each other; pipeline/plan.ts brings them together',
  },
  'src/chains': {
    may: ['src/core', 'src/contract', 'src/prompts'],
    because: 'domain rooms are pure; what a step asks is asked by the pipeline',
  },
  'src/guardrails': {
    may: [
      'src/core',
      'src/contract',
      'src/prompts/schema-check.ts',
      'src/prompts/schema-compiler.ts',
      'src/evaluation/json-answer.ts',
      'src/evaluation/webhook-check.ts',
    ],
    because: 'detectors are pure and read texts; whose texts, and what follows, is for the pipeline',
  },
  'src/evaluation': {
    may: ['src/core', 'src/contract', 'src/prompts'],
    because: 'whether an answer passes is judged here; who is asked for one comes in as a function',
  },
  'src/interchange': {
    may: ['src/core', 'src/contract', 'src/prompts'],
    because: 'formats are read and written here, purely; what is done with them is for the use cases',
  },
  'src/library': {
    may: ['src/core', 'src/contract', 'types:src/prompts'],
    because: 'the built-in templates are data',
  },
  'src/pricing': {
    may: ['src/core', 'types:src/snapshot/snapshot.ts'],
    because: 'domain rooms are pure and do not know each other',
  },
  'src/tokens': { may: ['src/core'], because: 'domain rooms are pure and do not know each other' },
  'src/models': {
    may: ['src/core', 'src/contract', 'types:src/snapshot/snapshot.ts'],
    because: 'domain rooms are pure and do not know each other',
  },
  'src/cache': {
    may: ['src/core'],
    because: 'the cache keeps texts by a key; what they are is for the pipeline to know',
  },
  'src/wire-texts': {
    may: ['src/core'],
    because: 'where the texts of a request or an answer stand is a matter of their shape alone; who reads them is not',
  },
  'src/dialects': {
    may: ['src/core', 'src/contract', 'types:src/providers', 'src/providers/usage.ts', 'src/providers/chat'],
    because: 'a dialect translates between two APIs; it sends nothing and decides nothing',
  },
  'src/snapshot': {
    may: [
      'src/core',
      'src/contract',
      'src/prompts',
      'src/chains',
      'src/guardrails/check-guardrail.ts',
      'src/interchange',
      'types:src/store/ports.ts',
    ],
    because: 'the snapshot is what the pipeline decides by; it must not know who asks, and storage only as a port',
  },
  'src/providers': { may: ['src/core', 'src/contract'], because: 'a provider sends one call; it must not know why' },
  'src/pipeline': {
    may: [
      'src/core',
      'src/contract',
      'src/prompts',
      'src/pricing',
      'src/tokens',
      'src/models',
      'src/cache',
      'src/dialects',
      'src/chains',
      'src/evaluation',
      'src/guardrails',
      'src/wire-texts',
      'src/snapshot',
      'src/providers',
      'types:src/recording/recorder.ts',
    ],
    because: 'the request path touches no HTTP framework, no database and no telemetry; those meet it in app.ts',
  },
  'src/store': {
    may: ['src/core', 'src/contract', 'src/prompts', 'types:src/snapshot', 'src/snapshot/snapshot.ts', 'db'],
    because: 'storage stands behind its ports',
  },
  'src/recording': {
    may: ['src/core', 'src/pricing', 'src/tokens', 'types:src/snapshot', 'src/store', 'db'],
    because: 'records leave the request path here and never come back to it',
  },
  'src/telemetry': { may: ['src/core'], because: 'telemetry only hears observations' },
  'src/config': { may: ['src/core'], because: 'reading the environment must not start anything' },
  'src/admin': {
    may: [
      'src/core',
      'src/contract',
      'src/prompts',
      'src/pricing',
      'types:src/snapshot',
      'src/snapshot/snapshot.ts',
      'types:src/providers',
      'src/providers/index.ts',
      'types:src/pipeline/ask-inside.ts',
      'types:src/pipeline/examine-text.ts',
      'src/guardrails/check-guardrail.ts',
      'src/guardrails/index.ts',
      'src/chains',
      'src/evaluation',
      'src/interchange',
      'src/library',
      'src/store/ports.ts',
      'src/store/review-port.ts',
      'src/store/label-protection.ts',
      'types:src/store/chain-port.ts',
      'src/store/prompt-metadata.ts',
      'src/store/version-hash.ts',
    ],
    because: 'use cases work over the ports, whoever stands behind them',
  },
  'src/cli': {
    may: [
      'src/core',
      'src/contract',
      'src/interchange',
      'src/snapshot',
      'src/store/version-hash.ts',
      'src/config.ts',
      'src/data-directory.ts',
      'src/directory-lock.ts',
      'src/server.ts',
      'db',
    ],
    because: 'a command talks to a server over its API, or works on files and the database while there is none',
  },
  'src/middleware': {
    may: [
      'src/core',
      'types:src/snapshot',
      'src/pipeline/run-exchange.ts',
      'src/routes/answer-headers.ts',
      'src/routes/wire-form.ts',
    ],
    because: 'middleware wraps routes and must work for every one of them',
  },
  'src/routes': {
    may: [
      'src/core',
      'src/contract',
      'src/prompts',
      'src/chains/reference.ts',
      'src/guardrails/index.ts',
      'types:src/guardrails/guardrail.ts',
      'src/providers',
      'types:src/snapshot',
      'src/snapshot/snapshot.ts',
      'src/pipeline',
      'src/middleware',
      'src/admin',
      'types:src/store/ports.ts',
      'types:src/store/chain-port.ts',
    ],
    because: 'a route translates between HTTP and the pipeline or a use case, and holds nothing else',
  },
  'src/jobs': { may: ['src/core', 'src/store/ports.ts'], because: 'periodic work goes over the ports' },
  db: {
    may: [
      'src/core',
      'types:src/contract/guardrail-body.ts',
      'types:src/snapshot/snapshot.ts',
      'types:src/prompts/compiled-version.ts',
      'types:src/store/ports.ts',
    ],
    because: 'the tables must not depend on who reads them, and the seed goes over the ports',
  },
}

/** Packages that only some files may know, so that they can be exchanged there. Folders end in `/`. */
export const packages = [
  {
    names: ['undici'],
    only: ['src/providers/http.ts', 'src/providers/download.ts', 'src/providers/webhook.ts'],
    because: 'all outgoing calls go through places with limits and address checks',
  },
  {
    names: ['drizzle-orm', 'postgres', '@electric-sql/pglite'],
    only: ['db/', 'src/store/'],
    because: 'storage is reached through its ports',
  },
  {
    names: ['hono', '@hono/node-server'],
    only: [
      'src/routes/',
      'src/middleware/',
      'src/http.ts',
      'src/listener.ts',
      'src/app.ts',
      'src/admin-api.ts',
      'src/server.ts',
    ],
    because: 'HTTP ends at the routes',
  },
  { names: ['tiktoken'], only: ['src/tokens/'], because: 'counting is slow and must stay off the request path' },
  {
    names: ['prom-client', 'pino'],
    only: ['src/telemetry/'],
    because: 'everybody else says what happened as an Observation',
  },
  {
    names: ['redis'],
    only: ['src/snapshot/', 'src/cache/', 'src/limits/'],
    because: 'Redis is optional, and only these rooms know how to do without',
  },
]
