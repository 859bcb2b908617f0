import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { ServiceContext } from "@segue/step";

/** What the catalog needs of a service's context: of the chain, only its shape. */
export type CatalogContext = Omit<ServiceContext, "chain"> & { readonly chain: Chain<StepSpec> };
