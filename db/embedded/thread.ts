import { Worker } from 'node:worker_threads'

/**
 * Starts a worker thread from a module named without its ending (`new URL('./worker', import.meta.url)`): the `.js` of the
 * build, or, when this runs from the source tree, the `.ts` by way of `from-source.mjs`.
 */
export function startThread(module: URL, workerData: unknown): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`${module.href}.js`), { workerData })
  return new Worker(new URL('./from-source.mjs', import.meta.url), { workerData, argv: [`${module.href}.ts`] })
}
