// What is wrong with a value that may have one of several shapes told apart by their `driver`: only what the chosen shape
// says against it, or that no shape has that name.

interface SchemaError {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: object
}

const branchOfDriver = /^(.*\/anyOf)\/(\d+)\/properties\/driver$/

/** The errors without those of the shapes that the value's `driver` did not choose; an unknown driver is one error. */
export function withinDriver<E extends SchemaError>(errors: readonly E[]): (E | DriverError)[] {
  const wrong = errors.filter(error => error.keyword === 'const' && branchOfDriver.test(error.schemaPath))
  const isOther = ({ schemaPath, instancePath }: SchemaError) =>
    wrong.some(one => {
      const value = one.instancePath.slice(0, -'/driver'.length)
      const branch = one.schemaPath.slice(0, -'/properties/driver'.length)
      const within = (path: string, of: string) => path === of || path.startsWith(`${of}/`)
      return within(instancePath, value) && within(schemaPath, branch)
    })
  const kept = errors.filter(error => !isOther(error))
  return [...kept, ...unknownDrivers(wrong, kept)]
}

interface DriverError extends SchemaError {
  readonly message: string
}

/** Where every shape turned the driver down, nothing but the union itself is left to complain. */
function unknownDrivers(wrong: readonly SchemaError[], kept: readonly SchemaError[]): DriverError[] {
  return [...new Set(wrong.map(error => error.instancePath))].flatMap(instancePath => {
    const value = instancePath.slice(0, -'/driver'.length)
    const judged = kept.some(e => e.keyword !== 'anyOf' && `${e.instancePath}/`.startsWith(`${value}/`))
    const [first, ...others] = wrong.filter(error => error.instancePath === instancePath)
    if (judged || first === undefined || others.length === 0) return []
    const allowedValues = [first, ...others].flatMap(({ params }) =>
      'allowedValue' in params ? [params.allowedValue] : [],
    )
    const message = 'must be equal to one of the allowed values'
    return [{ keyword: 'enum', schemaPath: first.schemaPath, instancePath, params: { allowedValues }, message }]
  })
}
