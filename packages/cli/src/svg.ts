/** Of all text in a picture: what a machine without the first has is as good. */
export const font = "font-family='ui-sans-serif, system-ui, Helvetica, Arial, sans-serif'";

/** Text within an element or an attribute. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (char) => entities[char] ?? char);
}
