const bars = [
  { x: 2, tall: 6 },
  { x: 6, tall: 14 },
  { x: 10, tall: 9 },
  { x: 14, tall: 18 },
  { x: 18, tall: 5 },
];

export function Logo() {
  return (
    <svg viewBox="0 0 22 20" width="22" height="20" aria-hidden="true">
      {bars.map(({ x, tall }) => (
        <rect key={x} x={x} y={10 - tall / 2} width="2.4" height={tall} rx="1.2" fill="currentColor" />
      ))}
    </svg>
  );
}
