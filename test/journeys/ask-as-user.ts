import type { Dispatcher, Pool } from 'undici'
import type { RunningApp } from '../support/running-app.ts'

export interface Asked {
  readonly prompt: string
  readonly user: number
  readonly question: string
}

/** One of many users asks a prompt, over connections that stay open. Somebody has to read the body, or dump it. */
export function askAsUser(
  pool: Pool,
  app: Pick<RunningApp, 'key'>,
  { prompt, user, question }: Asked,
): Promise<Dispatcher.ResponseData> {
  return pool.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: `prompt:${prompt}`, user: `user-${user}`, prompt_variables: { question } }),
  })
}
