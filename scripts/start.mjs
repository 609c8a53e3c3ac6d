import './check-node.mjs'

const { build, install } = await import('./prepare.mjs')
install()
build()

// Whoever ends npm means the server, but npm cannot pass everything on: not a SIGKILL, and nothing past a shell in between.
if (process.env.npm_lifecycle_event === 'start') {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}

// In this very process, so that signals and the exit code are the server's own.
await import(new URL('../dist/src/server.js', import.meta.url).href)
