/** The sequence chart: four lanes from left to right, time downwards, one arrow for each step. */
import { type CommandSpan, LANES, type Lane, type Recording, type Step } from './events.ts';
import { escapeHtml } from './html.ts';
import { isOnLine, runningAt } from './running.ts';

const WIDTH = 1_080;
const LEFT = 130;
const LANE_GAP = (WIDTH - LEFT - 70) / (LANES.length - 1);
const ROW = 22;
const TOP = 16;
/** What fits between two lanes. */
const LONGEST_TEXT = 34;
const HEAD = 5;

const laneX = (lane: Lane): number => LEFT + LANES.indexOf(lane) * LANE_GAP;

export function laneHeads(): string {
  const heads = LANES.map(
    lane =>
      `<text class="lane" data-lane="${lane}" x="${laneX(lane)}" y="20" text-anchor="middle">${lane}</text>`,
  );
  return `<svg viewBox="0 0 ${WIDTH} 30" role="presentation">${heads.join('')}</svg>`;
}

export function chart({ steps, commands }: Recording): string {
  const height = TOP + steps.length * ROW + ROW;
  const lanes = LANES.map(
    lane => `<line class="life" x1="${laneX(lane)}" x2="${laneX(lane)}" y1="0" y2="${height}"/>`,
  );
  const owners = ownersOf(commands);
  const arrows = steps.map((step, row) => arrow(step, TOP + row * ROW, owners(step), steps[row - 1]?.at));
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="sequence chart">${lanes.join('')}${arrows.join('')}</svg>`;
}

function arrow(step: Step, y: number, socket: number, before: number | undefined): string {
  const [from, to] = [laneX(step.from), laneX(step.to)];
  const tip = to > from ? -HEAD * 2 : HEAD * 2;
  const label = shorten(step.text) + (step.bytes > 0 ? ` · ${step.bytes} B` : '');
  const title = `${step.from} → ${step.to}, ${step.at.toFixed(1)} ms: ${step.text}`;
  const time = `<text class="time" x="62" y="${y + 4}" text-anchor="end">${clock(step.at)}</text>`;
  const gap =
    before === undefined ? '' : `<text class="gap" x="68" y="${y + 4}">${pause(step.at - before)}</text>`;
  return (
    `<g class="step s${socket % 8}" data-socket="${socket}"><title>${escapeHtml(title)}</title>${time}${gap}` +
    `<line x1="${from}" x2="${to + tip / 2}" y1="${y + 4}" y2="${y + 4}"/>` +
    `<path d="M${to},${y + 4} l${tip},${-HEAD} v${2 * HEAD} z"/>` +
    `<text x="${(from + to) / 2}" y="${y}" text-anchor="middle">${escapeHtml(label)}</text></g>`
  );
}

/** What passes on the line while a command runs belongs to the socket it runs for. */
function ownersOf(commands: readonly CommandSpan[]): (step: Step) => number {
  const running = runningAt(commands);
  return step => {
    const command = isOnLine(step) ? running(step) : undefined;
    return step.socket || (command?.socket ?? 0);
  };
}

const shorten = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;

const clock = (ms: number): string => (ms / 1_000).toFixed(3);

/** Only what is worth a look. */
const pause = (ms: number): string =>
  ms < 50 ? '' : `+${ms < 1_000 ? `${ms.toFixed()} ms` : `${(ms / 1_000).toFixed(1)} s`}`;
