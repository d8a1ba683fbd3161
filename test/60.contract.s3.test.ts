// The delivery contract over our bucket.

import { openS3 } from './60.targets.kit.ts'
import { describeDelivery } from './contract/delivery.ts'

describeDelivery('s3', openS3)
