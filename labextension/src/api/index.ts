// What the capabilities share: the typed client, the live feed and the opener.

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { Client, IClient } from './client';
import { ILive, Live } from './live';
import { IOpener, Opener } from './opener';

const client: JupyterFrontEndPlugin<IClient> = {
  id: 'perijove:client',
  description: 'Calls Perijove’s REST routes.',
  autoStart: true,
  provides: IClient,
  activate: (app: JupyterFrontEnd) => new Client(app.serviceManager.serverSettings)
};

const live: JupyterFrontEndPlugin<ILive> = {
  id: 'perijove:live',
  description: 'Tells what happens on the server.',
  autoStart: true,
  provides: ILive,
  activate: (app: JupyterFrontEnd) => new Live(app.serviceManager.events.stream)
};

const opener: JupyterFrontEndPlugin<IOpener> = {
  id: 'perijove:opener',
  description: 'Opens the page of anything that has a ref.',
  autoStart: true,
  provides: IOpener,
  activate: () => new Opener()
};

export default [client, live, opener];
