import { parentPort } from 'node:worker_threads'
import { countTokens } from './count-tokens.ts'
import type { Counted, ToCount } from './token-counter.ts'

/** The counting thread's entry: the tokenizer is slow to load and heavy to hold, so it lives away from the requests. */

const port = parentPort
if (port === null) throw new Error('This module is the entry of a worker thread; use createTokenCounter.')

port.on('message', ({ id, text, model }: ToCount) => {
  port.postMessage({ id, tokens: countTokens(text, model) } satisfies Counted)
})
