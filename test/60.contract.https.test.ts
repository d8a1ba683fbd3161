// The delivery contract over our receiver, as a back office.

import { openHttps } from './60.targets.kit.ts'
import { describeDelivery } from './contract/delivery.ts'

describeDelivery('https', openHttps)
