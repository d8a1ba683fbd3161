// The delivery contract over our CÒPIA service.

import { openCopia } from './60.targets.kit.ts'
import { describeDelivery } from './contract/delivery.ts'

describeDelivery('copia', openCopia)
