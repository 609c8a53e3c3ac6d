import type { Command } from '../command.ts'

export const startCommand: Command = {
  name: 'start',
  summary: 'Serve, until SIGTERM or Ctrl-C',
  details: ['Everything is set by the environment and by promptbox.yaml; `promptbox check-config` checks both.'],
  async run() {
    // The server is a process of its own kind: it takes signals and says itself what it has to say.
    await import('../../server.ts')
    return null
  },
}
