// Perijove's lab extension: the list of its plugins, a capability each.

import api from './api';
import catalog from './catalog';
import notebook from './notebook';
import panel from './panel';
import tasks from './tasks';

export default [...api, ...panel, ...tasks, ...notebook, ...catalog];
