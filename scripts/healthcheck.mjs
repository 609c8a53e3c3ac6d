/** Asks the server in this container whether it is alive; ends with 0 when it is. Needs nothing but Node. */
const { HOST = '127.0.0.1', PORT = '4000' } = process.env
const everywhere = HOST === '0.0.0.0' || HOST === '::' || HOST === ''
const host = everywhere ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST

try {
  const response = await fetch(`http://${host}:${PORT}/healthz`, { signal: AbortSignal.timeout(2_500) })
  if (!response.ok) throw new Error(`/healthz answered ${response.status}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
