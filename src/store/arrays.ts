import { parse } from 'postgres-array'

/** Postgres' own OIDs of array types (pg_type.dat), and what their elements are in JavaScript. */
const arrayTypes = {
  text: { oid: 1009, element: String },
  varchar: { oid: 1015, element: String },
  uuid: { oid: 2951, element: String },
  inet: { oid: 1041, element: String },
  cidr: { oid: 651, element: String },
  integer: { oid: 1007, element: Number },
  bigint: { oid: 1016, element: Number },
}

/**
 * Arrays as parameters and columns. postgres.js would ask each new connection for its array types, and cannot catch
 * that such a connection is lost meanwhile: it would end the process.
 */
export const arrays = Object.fromEntries(
  Object.entries(arrayTypes).map(([name, { oid, element }]) => [
    `${name}[]`,
    {
      to: oid,
      from: [oid],
      serialize: literalOf,
      parse: (text: string) => parse<string | number>(text, element),
    },
  ]),
)

/** https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function literalOf(values: unknown): unknown {
  if (!Array.isArray(values)) return values
  return `{${values.map(value => (value === null ? 'null' : quoted(value))).join(',')}}`
}

function quoted(value: unknown): unknown {
  if (Array.isArray(value)) return literalOf(value)
  return `"${String(value).replace(/[\\"]/g, '\\$&')}"`
}
