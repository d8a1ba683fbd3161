// Small line icons that stand beside a word, never alone.

const paths = {
  turnLeft: 'M9 7H4V2M4 7a9 9 0 1 1-1 8',
  turnRight: 'M15 7h5V2M20 7a9 9 0 1 0 1 8',
  earlier: 'M20 12H5M11 5l-7 7 7 7',
  later: 'M4 12h15M13 5l7 7-7 7',
  delete: 'M4 6h16M9 6V3h6v3M6 6l1 15h10l1-15M10 10v7M14 10v7',
  enlarge: 'M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12M14.5 14.5 21 21M10 7v6M7 10h6',
  erase: 'M9 5h12v14H9l-7-7zM12 9l6 6M18 9l-6 6',
  check: 'm4 13 5 5L20 6',
  watch: 'M12 3 2 21h20zM12 10v5M12 18v.5',
  bad: 'M5 5l14 14M19 5 5 19',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
