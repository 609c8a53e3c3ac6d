import { describe, expect, it } from 'vitest'
import { namePii } from './find-pii.ts'

/** Kind, the value, and what has to stand before it. Numbers of nobody, from the descriptions of their formats. */
const known: readonly (readonly [kind: string, value: string, before?: string])[] = [
  ['us_ssn', '536-22-1234'],
  ['us_ssn', '536 22 1234'],
  ['us_ssn', '536221234', 'SSN'],
  ['us_itin', '912-70-1234'],
  ['us_medicare_beneficiary', '1EG4-TE5-MK73'],
  ['ca_sin', '046 454 286', 'SIN:'],
  ['br_cpf', '111.444.777-35'],
  ['br_cpf', '11144477735', 'CPF'],
  ['ar_cuil', '20-26756539-3'],
  ['cl_rut', '12.531.909-2'],
  ['mx_curp', 'HEGG560427MVZRRL04'],
  ['gb_nino', 'AB 12 34 56 C'],
  ['gb_nino', 'AB123456C'],
  ['gb_nhs_number', '943 476 5919'],
  ['gb_nhs_number', '9434765919', 'NHS number'],
  ['ie_pps', '6433435F', 'PPS'],
  ['fr_nir', '2 55 08 14 168 025 38'],
  ['fr_nir', '255081416802538'],
  ['de_tax_id', '86 095 742 719'],
  ['de_tax_id', '86095742719', 'Steuer-ID'],
  ['de_pension_number', '15 070649 C 103'],
  ['at_svnr', '1237 010180'],
  ['ch_ahv', '756.9217.0769.85'],
  ['nl_bsn', '111222333', 'BSN'],
  ['be_national_number', '85.07.30-033.28'],
  ['es_dni', '12345678Z'],
  ['es_dni', '12345678-z'],
  ['es_nie', 'X-1234567-L'],
  ['it_codice_fiscale', 'RSSMRA85T10A562S'],
  ['it_codice_fiscale', 'rssmra 85t10 a562s'.toUpperCase()],
  ['pt_nif', '501964843', 'NIF'],
  ['gr_amka', '01013099997', 'AMKA'],
  ['hr_oib', '33392005961', 'OIB'],
  ['rs_jmbg', '0101006500006', 'JMBG'],
  ['tr_tckn', '17291716060', 'TCKN'],
  ['il_id', '039337423', 'Teudat zehut'],
  ['se_personnummer', '811228-9874'],
  ['se_personnummer', '19811228-9874'],
  ['no_fodselsnummer', '15108695088', 'fødselsnummer'],
  ['dk_cpr', '211062-5629'],
  ['fi_hetu', '131052-308T'],
  ['fi_hetu', '131052A308T'],
  ['is_kennitala', '120174-3399'],
  ['ee_isikukood', '36805280109', 'isikukood'],
  ['lt_asmens_kodas', '33309240064', 'asmens kodas'],
  ['pl_pesel', '44051401359', 'PESEL'],
  ['cz_birth_number', '710319/2745'],
  ['ro_cnp', '1630615123457', 'CNP'],
  ['bg_egn', '7523169263', 'EGN'],
  ['hu_taj', '111 111 110', 'TAJ'],
  ['ua_rnokpp', '1759013776', 'РНОКПП'],
  ['ru_snils', '112-233-445 95'],
  ['ru_inn', '500100732259', 'ИНН'],
  ['in_aadhaar', '2341 2341 2346'],
  ['in_aadhaar', '234123412346', 'Aadhaar'],
  ['in_pan', 'ACUPA7085R'],
  ['cn_resident_id', '11010519491231002X'],
  ['hk_id', 'G123456(A'],
  ['tw_national_id', 'A123456789'],
  ['kr_rrn', '850101-1234566'],
  ['jp_my_number', '123456789018', 'My Number'],
  ['sg_nric', 'S1234567D'],
  ['my_mykad', '770305-02-1234'],
  ['th_national_id', '1-2345-45678-78-1'],
  ['id_nik', '3171011708450001', 'NIK'],
  ['pk_cnic', '34201-0891231-8'],
  ['ae_emirates_id', '784-1980-1234567-6'],
  ['sa_national_id', '1000000008', 'Iqama'],
  ['au_tfn', '123 456 782', 'TFN'],
  ['au_medicare', '2123 45670 1'],
  ['nz_ird', '49-091-850', 'IRD'],
  ['za_id', '7503305044089'],
  ['eg_national_id', '29001011234567', 'Egypt, national number'],
  ['passport', 'X1234567', 'passport number is'],
  ['driver_license', 'D1234567', "driver's license:"],
]

describe('national ids', () => {
  it.each(known)('%s is found as %s', (kind, value, before = 'it is') => {
    expect(namePii(`So ${before} ${value} then.`)).toEqual([`${kind}: ${value}`])
  })

  it.each(known.filter(([, , before]) => before !== undefined))('%s without a word is not: %s', (kind, value) => {
    expect(namePii(`we packed ${value} then`)).not.toContain(`${kind}: ${value}`)
  })

  const unchecked = /us_|nino|passport|license|mykad|cnic|emirates|nik|eg_|in_pan|dk_|kennitala|au_medicare/
  const checked = known
    .filter((each) => !unchecked.test(each[0]))
    .map(([kind, value, before = 'it is']) => ({ kind, value, before }))
  it.each(checked)('$kind with a wrong check is not: $value', ({ kind, value, before }) => {
    const place = value.search(/\d\D*$/)
    // Of those with a letter as check the letter changes.
    const wrong = /[A-Za-z]$/.test(value)
      ? value.slice(0, -1) + (value.at(-1) === 'E' ? 'F' : 'E')
      : value.slice(0, place) + ((Number(value[place]) + 1) % 10) + value.slice(place + 1)
    expect(namePii(`So ${before} ${wrong} then.`).filter((found) => found.startsWith(kind))).toEqual([])
  })

  it.each(['000-12-3456', '666-12-3456', '536-00-1234', '536-22-0000', '923-12-3456'])('%s is no SSN', (value) => {
    expect(namePii(`SSN ${value}`)).toEqual([])
  })

  it('are not found inside of something longer', () => {
    expect(namePii('part 9-536-22-1234, order_536-22-1234, 536-22-1234-7')).toEqual([])
    expect(namePii('key 2341 2341 2346 1111 more')).toEqual([])
  })
})
