// Perijove's lab extension: the list of its plugins, a capability each.

import api from './api';
import catalog from './catalog';
import clusters from './clusters';
import experiments from './experiments';
import jobs from './jobs';
import lineage from './lineage';
import notebook from './notebook';
import panel from './panel';
import search from './search';
import storage from './storage';
import live from './storage/live';
import tasks from './tasks';

export default [
  ...api,
  ...panel,
  ...tasks,
  ...notebook,
  ...catalog,
  ...clusters,
  ...experiments,
  ...jobs,
  ...lineage,
  ...search,
  ...storage,
  ...live
];
