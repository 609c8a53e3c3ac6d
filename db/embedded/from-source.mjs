/**
 * First module of a thread in development: teaches the thread TypeScript, then goes on with the module it was given. On
 * Node 20 a thread takes no part in the loader of the main thread, and under vitest there is none. Plain JavaScript, because
 * it runs before anything could translate it; not part of the build, and tsx is a development dependency.
 */
import { register } from 'tsx/esm/api'

register()
const [, , module] = process.argv
await import(module)
