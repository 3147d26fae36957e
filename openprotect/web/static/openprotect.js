// Staff pages only: the person's pages carry no script.
import { initAll } from './nhsuk/nhsuk-frontend.min.js'
initAll()
