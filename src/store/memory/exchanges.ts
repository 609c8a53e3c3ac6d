import { timestampOf } from '../../core/ids.ts'
import type { ExchangeRecord } from '../../core/record.ts'
import { type Exposure, exposureOf } from '../../experiments/exposure.ts'
import { toPage } from '../cursor.ts'
import { readExchangeCursor, writeExchangeCursor, type ExchangePosition } from '../exchange-cursor.ts'
import type { ExchangeFilter, ExchangeReader, ExchangeRow, ExchangeWriter, WholeExchange } from '../ports.ts'
import { RecordsRefused, type RefusedRecord } from '../refused-records.ts'
import { storableRecord, whyNever } from '../storable-record.ts'
import type { OutputCheckReader, VersionOutputChecks } from '../output-checks-port.ts'
import { guardrailsPattern } from '../guardrail-filter.ts'
import { keptGuardrailResults } from '../guardrail-results.ts'
import type { MemoryDatabase } from './database.ts'
import { createMemoryGuardrailReports, type MemoryGuardrailReports } from './guardrail-reports.ts'

export interface MemoryExchanges {
  /** null: not recorded. */
  readonly record: (tenantId: string, requestId: string) => ExchangeRecord | null
  readonly records: () => readonly ExchangeRecord[]
  readonly reader: ExchangeReader
  readonly outputChecks: OutputCheckReader
  readonly guardrails: MemoryGuardrailReports
  readonly writer: ExchangeWriter
}

/** @param expose takes what experiments are to count, once for each exchange that is new. */
export function createMemoryExchanges(
  database: MemoryDatabase,
  expose: (exposure: Exposure) => void = () => {},
): MemoryExchanges {
  /** As JSON text: what was written cannot change any more. */
  const records = new Map<string, string>()
  const reader: ExchangeReader = {
    async list(tenantId, filter) {
      database.reach()
      const last = filter.cursor === undefined ? null : readExchangeCursor(filter.cursor)
      const found = [...records.values()]
        .map((text) => JSON.parse(text) as ExchangeRecord)
        .filter((record) => record.tenantId === tenantId && fits(record, filter))
        .sort((left, right) => right.createdAt - left.createdAt || (left.requestId < right.requestId ? 1 : -1))
        .filter((record) => last === null || isBehind(record, last))
      return toPage(found.slice(0, filter.limit + 1), filter.limit, toRow, writeExchangeCursor)
    },

    async find(tenantId, requestId) {
      database.reach()
      const text = timestampOf(requestId) === null ? undefined : records.get(requestId.toLowerCase())
      if (text === undefined) return null
      const { estimate: _estimate, compressed: _compressed, ...whole } = JSON.parse(text) as ExchangeRecord
      return whole.tenantId === tenantId ? (whole satisfies WholeExchange) : null
    },
  }
  const outputChecks: OutputCheckReader = {
    async count(tenantId, prompt, { from, until }) {
      database.reach()
      const counts = new Map<number, Mutable<VersionOutputChecks>>()
      for (const text of records.values()) {
        const record = JSON.parse(text) as ExchangeRecord
        const { promptVersion: version, outputCheck, createdAt } = record
        if (record.tenantId !== tenantId || record.prompt !== prompt || createdAt < from || createdAt >= until) continue
        if (version === null || outputCheck === null) continue
        const count = counts.get(version) ?? { version, ok: 0, repaired: 0, mismatch: 0 }
        count[outputCheck] += 1
        counts.set(version, count)
      }
      return [...counts.values()].sort((left, right) => right.version - left.version)
    },
  }
  const guardrails = createMemoryGuardrailReports(database, reader)
  const writer: ExchangeWriter = {
    async write(batch) {
      database.reach()
      const before = records.size
      const refused: RefusedRecord[] = []
      for (const record of batch) {
        const reason = whyNever(record)
        if (reason !== null) refused.push({ requestId: record.requestId, reason })
        else if (!records.has(record.requestId)) {
          const storable = storableRecord(record)
          records.set(record.requestId, JSON.stringify(asKept(storable)))
          guardrails.count([storable])
          const exposure = exposureOf(storable)
          if (exposure !== null) expose(exposure)
        }
      }
      if (refused.length > 0) throw new RecordsRefused(refused, records.size - before)
      return records.size - before
    },
  }
  return {
    reader,
    outputChecks,
    guardrails,
    writer,
    record(tenantId, requestId) {
      const text = records.get(requestId.toLowerCase())
      const record = text === undefined ? null : (JSON.parse(text) as ExchangeRecord)
      return record?.tenantId === tenantId ? record : null
    },
    records: () => [...records.values()].map((text) => JSON.parse(text) as ExchangeRecord),
  }
}

function asKept({ guardrailResults, ...record }: ExchangeRecord): ExchangeRecord {
  if (guardrailResults === undefined) return record
  return { ...record, guardrailResults: keptGuardrailResults(guardrailResults) }
}

type Mutable<Row> = { -readonly [Name in keyof Row]: Row[Name] }

function isBehind(record: ExchangePosition, last: ExchangePosition): boolean {
  return record.createdAt < last.createdAt || (record.createdAt === last.createdAt && record.requestId < last.requestId)
}

function toRow(record: ExchangeRecord): ExchangeRow {
  const { bodies: _bodies, estimate: _estimate, compressed: _compressed, guardrailResults: _results, ...rest } = record
  return { ...rest, attempts: record.attempts.length }
}

function fits(record: ExchangeRecord, filter: ExchangeFilter): boolean {
  const same = <Value>(wanted: Value | undefined, value: Value | null): boolean =>
    wanted === undefined || wanted === value
  const said = guardrailsPattern(filter)
  return (
    same<string>(filter.operation, record.operation) &&
    same<string>(filter.cache, record.cache) &&
    same<string>(filter.outputCheck, record.outputCheck) &&
    same(filter.prompt, record.prompt) &&
    same(filter.promptVersion, record.promptVersion) &&
    same(filter.label, record.label) &&
    same(filter.chain, record.chain) &&
    same(filter.experiment, record.experiment) &&
    same(filter.variant, record.variant) &&
    same(filter.outcome, record.outcome) &&
    same<string>(filter.errorType, record.errorType) &&
    same(filter.provider, record.provider) &&
    (same(filter.model, record.requestModel) || same(filter.model, record.responseModel)) &&
    same(filter.appName, record.appName) &&
    same(filter.userId, record.userId) &&
    same(filter.sessionId, record.sessionId) &&
    same(filter.keyId, record.keyId) &&
    same(filter.environment, record.environment) &&
    same(filter.locale, record.locale) &&
    same(filter.stream, record.stream) &&
    (said === null || new RegExp(said).test(record.guardrails)) &&
    Object.entries(filter.metadata ?? {}).every(
      ([name, value]) => Object.hasOwn(record.metadata, name) && record.metadata[name] === value,
    ) &&
    (filter.from === undefined || record.createdAt >= filter.from) &&
    (filter.until === undefined || record.createdAt < filter.until)
  )
}
