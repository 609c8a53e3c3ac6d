import { expect, test } from 'vitest'
import { runPromptbox } from '../support/promptbox-process.ts'
import { processHome, startForTest } from './home.ts'

test('a second instance on the same data directory is refused with a sentence that says what to do, and the first goes on', async () => {
  const home = await processHome('embedded')
  const first = await startForTest(home)
  const second = await runPromptbox(home)
  expect(second.code).toBe(1)
  expect(second.stderr).toBe(
    `Promptbox cannot start. Another Promptbox (process ${first.processId}) is using the data directory ${home.dataDir}. ` +
      `Stop it first (kill ${first.processId}), or give this one a directory of its own with PROMPTBOX_DATA_DIR.\n`,
  )
  expect(await first.ready()).toMatchObject({ status: 200, degraded: false })
  expect(await first.end()).toEqual({ code: 0, signal: null })
})

test('a directory whose holder was killed is free again at once', async () => {
  const home = await processHome('embedded')
  const first = await startForTest(home)
  await first.end('SIGKILL')
  const second = await startForTest(home)
  expect(await second.ready()).toMatchObject({ status: 200 })
})
