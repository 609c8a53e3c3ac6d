// The least a node proxy can do: node:http in front, undici's dispatch behind, nothing looked at.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 8192, pipelining: 1 })
const server = createServer({ noDelay: true }, (incoming, outgoing) => {
  const pieces = []
  incoming.on('data', (piece) => pieces.push(piece))
  incoming.on('end', () => {
    const whole = []
    let stream = false
    pool.dispatch(
      {
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
        body: Buffer.concat(pieces),
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, headers) {
          stream = String(headers['content-type']).startsWith('text/event-stream')
          if (stream) outgoing.writeHead(status, { 'content-type': 'text/event-stream' })
        },
        onResponseData(_controller, chunk) {
          if (stream) outgoing.write(chunk)
          else whole.push(chunk)
        },
        onResponseEnd() {
          if (stream) {
            outgoing.end()
            return
          }
          const body = Buffer.concat(whole)
          outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
          outgoing.end(body)
        },
        onResponseError() {
          outgoing.destroy()
        },
      },
    )
  })
})
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
