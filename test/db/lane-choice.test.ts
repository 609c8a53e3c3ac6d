import type { Sql } from 'postgres'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Lanes, type Lane, type LazyQuery } from '../../db/lanes.ts'

/** Which of its connections a pool uses while some of them say nothing: the wire is a list here, and time is ours. */
let opened: { readonly sent: Query[]; ended: boolean }[] = []
let lanes: Lanes

interface Query extends LazyQuery {
  answer(): Promise<void>
}

function query(): Query {
  let settle = { resolve: (_rows: unknown[]): void => {}, reject: (_error: unknown): void => {} }
  const promise = new Promise<unknown>((resolve, reject) => (settle = { resolve, reject }))
  promise.catch(() => {})
  const answer = async (): Promise<void> => {
    settle.resolve([])
    await promise
  }
  return Object.assign(promise, { handler: () => {}, reject: settle.reject, answer })
}

function ask(): Query {
  const mine = query()
  lanes.execute(mine)
  return mine
}

/** The connection that a statement was sent to, counted from 0; -1: to none. */
const connectionOf = (mine: Query): number => opened.findIndex(({ sent }) => sent.includes(mine))

beforeEach(() => {
  vi.useFakeTimers()
  opened = []
  const make = (): Sql => {
    const connection = { sent: [] as Query[], ended: false }
    opened.push(connection)
    const handler = (mine: Query): number => connection.sent.push(mine)
    const end = async (): Promise<void> => void (connection.ended = true)
    return { unsafe: () => ({ handler }), end } as unknown as Sql
  }
  lanes = new Lanes(make, { maxConnections: 2, silenceMs: 10_000, doubtMs: 1_000 })
})
afterEach(async () => {
  await lanes.end()
  vi.useRealTimers()
})

test('a statement goes to a connection that answers, not behind one that has said nothing for long', async () => {
  const silent = ask()
  await vi.advanceTimersByTimeAsync(1_000)
  const busy = ask()
  const behind = ask()
  const third = ask()
  expect([silent, busy, behind, third].map(connectionOf)).toEqual([0, 1, 2, 1])
  await Promise.all([busy, third, behind].map((mine) => mine.answer()))
  expect(connectionOf(ask())).not.toBe(0)
})

test('when all say nothing, as many again are made, and no more', async () => {
  const silent = [ask(), ask()]
  expect(silent.map(connectionOf)).toEqual([0, 1])
  await vi.advanceTimersByTimeAsync(1_000)
  const more = [ask(), ask()]
  expect(more.map(connectionOf)).toEqual([2, 3])
  await vi.advanceTimersByTimeAsync(1_000)
  void ask()
  expect(opened).toHaveLength(4)
})

test('a transaction that waits for a connection gets one as soon as those there are, are doubted', async () => {
  void ask()
  void ask()
  let mine: Lane | null = null
  void lanes.reserve().then((lane) => (mine = lane))
  await vi.advanceTimersByTimeAsync(999)
  expect(mine).toBeNull()
  await vi.advanceTimersByTimeAsync(1)
  expect(mine).not.toBeNull()
  expect(opened).toHaveLength(3)
})

test('those that idled meanwhile are made anew, since they may be as dead', async () => {
  const [first, idle] = [ask(), ask()]
  await Promise.all([first.answer(), idle.answer()])
  await vi.advanceTimersByTimeAsync(500)
  const silent = ask()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(opened[1 - connectionOf(silent)]).toMatchObject({ ended: true })
  expect(connectionOf(ask())).toBe(2)
})

test('one that has answered since is kept', async () => {
  const silent = ask()
  const answered = ask()
  await vi.advanceTimersByTimeAsync(500)
  await answered.answer()
  await vi.advanceTimersByTimeAsync(500)
  expect(connectionOf(silent)).toBe(0)
  expect(connectionOf(ask())).toBe(1)
})

test('slow statements that are answered after all are, and what was too many is closed', async () => {
  const slow = [ask(), ask()]
  await vi.advanceTimersByTimeAsync(1_000)
  const quick = [ask(), ask()]
  await Promise.all([...slow, ...quick].map((mine) => mine.answer()))
  expect(opened.filter(({ ended }) => !ended)).toHaveLength(2)
})

test('silence for good fails what waits there', async () => {
  const silent = ask()
  await vi.advanceTimersByTimeAsync(9_999)
  expect(opened[0]).toMatchObject({ ended: false })
  await vi.runAllTimersAsync()
  await expect(silent).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
})
