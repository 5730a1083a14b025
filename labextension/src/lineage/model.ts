// The state of a lineage view: the graph around a thing, what was opened by hand, the chosen column and what breaks.

import { type ISignal, Signal } from '@lumino/signaling';

import { asCallError, type CallError } from '../api/errors';
import type { ILineageCalls, Way } from './calls';
import { trace, type Trace } from './trace';
import type { Affected, ChangedDataset, Graph, Impact, Node } from './wire';

/** The groups of kinds that can be hidden, in the order of the boxes. */
export const GROUPS: Record<string, readonly string[]> = {
  data: ['dataset'],
  cells: ['cell', 'notebook'],
  runs: ['run'],
  models: ['model'],
  jobs: ['job', 'jobrun']
};

/** So many hops stand for “all”. */
export const ALL = 20;

/** The graph around a thing. */
export class LineageModel {
  constructor(
    private readonly _calls: ILineageCalls,
    readonly center: string
  ) {
    this._selected = center;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Hops upstream and downstream. */
  get reach(): Readonly<Record<Way, number>> {
    return this._reach;
  }

  /** The groups of kinds that are not shown. */
  get hidden(): ReadonlySet<string> {
    return this._hidden;
  }

  get graph(): Graph | undefined {
    return this._graph;
  }

  get loading(): boolean {
    return this._loading;
  }

  get error(): CallError | undefined {
    return this._error;
  }

  /** The node that was chosen last. */
  get selected(): string {
    return this._selected;
  }

  /** The column that is followed. */
  get column(): { ref: string; name: string } | undefined {
    return this._column;
  }

  /** Where the followed column goes. */
  get trace(): Trace | undefined {
    return this._trace;
  }

  /** What breaks; undefined while nothing was asked. */
  get impact(): Impact | undefined {
    return this._impact;
  }

  /** The effect on each thing, by ref. */
  get effects(): ReadonlyMap<string, Affected> {
    return this._effects;
  }

  /** The data that the cell in the middle read and that changed since. */
  get stale(): readonly ChangedDataset[] {
    return this._stale;
  }

  /** Fetch the graph, as far as it shall reach. */
  async load(): Promise<void> {
    const shown = Object.keys(GROUPS).filter(group => !this._hidden.has(group));
    const kinds = this._hidden.size > 0 ? shown.flatMap(group => GROUPS[group]) : undefined;
    await this._ask(async () => {
      const { up, down } = this._reach;
      this._graph = await this._calls.around(this.center, up, down, kinds);
      this._next.clear();
      this._follow();
    });
    if (this.center.startsWith('cell:')) {
      this._stale = (await this._calls.changed(this.center).catch(() => [])).filter(
        dataset => dataset.changed
      );
      this._changed.emit();
    }
  }

  /** Change how far the graph reaches. */
  async setReach(way: Way, hops: number): Promise<void> {
    this._reach = { ...this._reach, [way]: hops };
    await this.load();
  }

  /** Show or hide a group of kinds; what is hidden is bridged by the server, which knows what flowed. */
  async toggle(group: string): Promise<void> {
    if (!this._hidden.delete(group)) {
      this._hidden.add(group);
    }
    await this.load();
  }

  /** Add what hangs on a node one hop further. */
  async expand(ref: string, way: Way): Promise<void> {
    await this._ask(async () => {
      const key = `${way} ${ref}`;
      const after = this._next.get(key) ?? '';
      const more = await this._calls.hops(ref, way, this._of(ref, way), after);
      this._next.set(key, more.next ?? '');
      const graph = merge(this._graph ?? { nodes: [], edges: [] }, more);
      const left = Boolean(more.next);
      const done = way === 'up' ? { moreUp: left } : { moreDown: left };
      this._graph = {
        ...graph,
        nodes: graph.nodes.map(node => (node.ref === ref ? { ...node, ...done } : node))
      };
      this._follow();
    });
  }

  select(ref: string): void {
    if (this._selected !== ref) {
      this._selected = ref;
      this._changed.emit();
    }
  }

  /** Follow a column and ask what breaks without it; an empty name asks about all of it. */
  async ask(ref: string, name: string): Promise<void> {
    this._column = name ? { ref, name } : undefined;
    this._follow();
    await this._ask(async () => {
      const impact = await this._calls.impact(ref, name);
      this._impact = { ...impact, items: worstFirst(impact.items) };
      this._effects = new Map(this._impact.items.map(item => [item.ref, item]));
    });
  }

  /** Follow no column any more. */
  forget(): void {
    this._column = this._impact = this._trace = undefined;
    this._effects = new Map();
    this._changed.emit();
  }

  /** The refs whose name, detail or columns hold a text. */
  find(text: string): string[] {
    const wanted = text.trim().toLowerCase();
    const holds = (node: Node): boolean =>
      [node.name, node.detail, ...(node.columns ?? [])].some(word =>
        word?.toLowerCase().includes(wanted)
      );
    return wanted ? (this._graph?.nodes ?? []).filter(holds).map(node => node.ref) : [];
  }

  private _follow(): void {
    const flows = this._graph?.flows ?? [];
    this._trace = this._column && trace(flows, this._column.ref, this._column.name);
  }

  /** The datasets through which one came to a cell: only what they went into may follow. */
  private _of(ref: string, way: Way): string[] {
    const near = (this._graph?.edges ?? [])
      .filter(edge => (way === 'down' ? edge.to : edge.from) === ref)
      .map(edge => (way === 'down' ? edge.from : edge.to));
    return [...new Set(near.filter(one => one.startsWith('dataset:')))];
  }

  private async _ask(work: () => Promise<void>): Promise<void> {
    this._loading = true;
    this._error = undefined;
    this._changed.emit();
    try {
      await work();
    } catch (reason) {
      this._error = asCallError(reason);
    }
    this._loading = false;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _hidden = new Set<string>();
  /** Where the next hops go on, by way and ref. */
  private readonly _next = new Map<string, string>();
  private _reach: Record<Way, number> = { up: 6, down: 6 };
  private _graph: Graph | undefined;
  private _loading = false;
  private _error: CallError | undefined;
  private _selected: string;
  private _column: { ref: string; name: string } | undefined;
  private _trace: Trace | undefined;
  private _impact: Impact | undefined;
  private _effects: ReadonlyMap<string, Affected> = new Map();
  private _stale: readonly ChangedDataset[] = [];
}

/** What fails comes first; else the order stays as the server has it. */
function worstFirst(items: readonly Affected[]): Affected[] {
  return [...items].sort((a, b) => Number(b.effect === 'fails') - Number(a.effect === 'fails'));
}

/** Two graphs as one; what both have is there once, and a node knows of more where either does. */
export function merge(one: Graph, other: Graph): Graph {
  const nodes = new Map(one.nodes.map(node => [node.ref, node]));
  for (const node of other.nodes) {
    const known = nodes.get(node.ref);
    nodes.set(node.ref, known ? { ...node, ...known } : node);
  }
  return {
    nodes: [...nodes.values()],
    edges: unique([...one.edges, ...other.edges], edge => `${edge.from} ${edge.to} ${edge.kind}`),
    flows: unique(
      [...(one.flows ?? []), ...(other.flows ?? [])],
      flow => `${flow.from} ${flow.via} ${flow.to}`
    )
  };
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map(item => [key(item), item])).values()];
}
