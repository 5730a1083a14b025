// The shapes of the contract that the catalog's pages use.

import type { Schemas } from '../api/client';

/** What numbers rest on: method, how many of how many rows, share, and the error that leaves. */
export type Basis = {
  method: 'footer' | 'first rows' | 'row groups' | 'blocks' | 'all rows' | 'database';
  rowsRead?: number | null;
  rows?: number | null;
  share?: number | null;
  error?: number | null;
};

export type Preview = Schemas['Preview'] & { basis?: Basis | null; note?: string };

/** A bar of a histogram. */
export type Bin = { low: unknown; high: unknown; count: number };

/** Figures of one column. */
export type ColumnProfile = {
  name: string;
  type: string;
  basis: Basis;
  count?: number | null;
  nulls?: number | null;
  nullShare?: number | null;
  distinct?: number | null;
  min?: unknown;
  max?: unknown;
  mean?: number | null;
  std?: number | null;
  quantiles?: Record<string, unknown>;
  bins?: Bin[];
  common?: { value: unknown; count: number }[];
  problem?: string;
};

/** How much was looked at. */
export type Level = 'footer' | 'sample' | 'full';

/** Figures of a dataset. */
export type Profile = {
  level: Level;
  basis: Basis;
  columns: ColumnProfile[];
  rows?: number | null;
  bytes?: number | null;
  version?: string;
  seconds?: number;
};

/** A version of a dataset. */
export type Version = {
  id: string;
  at?: string | null;
  rows?: number | null;
  bytes?: number | null;
  operation?: string;
  who?: string;
  detail?: string;
  current?: boolean;
};
