// The shapes of the contract that the catalog's pages use.

import type { Schemas } from '../api/client';

export type Dataset = Schemas['Dataset'];
export type Preview = Schemas['Preview'];
export type Basis = Schemas['Basis'];
export type Profile = Schemas['Profile'];
export type ColumnProfile = Schemas['ColumnProfile'];
export type Level = Profile['level'];
export type Version = Schemas['Version'];
export type Versions = Schemas['Versions'];
export type Diff = Schemas['Diff'];
export type Use = Schemas['Use'];
export type Uses = Schemas['Uses'];
export type About = Schemas['About'];
export type NewAbout = Schemas['NewAbout'];
export type Access = Schemas['Access'];
export type Grant = Schemas['Grant'];
export type EngineRow = Schemas['EngineRow'];
