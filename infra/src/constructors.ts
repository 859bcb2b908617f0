import * as gcp from "@pulumi/gcp";
import type { FleetResource } from "../../packages/infra/src/index.ts";

export type Type = FleetResource["type"];

/** The class that makes each type of resource. One that is missing, or that nothing uses, does not compile. */
export const constructors = {
  "gcp:artifactregistry/repository:Repository": gcp.artifactregistry.Repository,
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": gcp.artifactregistry.RepositoryIamMember,
  "gcp:billing/budget:Budget": gcp.billing.Budget,
  "gcp:compute/firewall:Firewall": gcp.compute.Firewall,
  "gcp:compute/globalAddress:GlobalAddress": gcp.compute.GlobalAddress,
  "gcp:compute/network:Network": gcp.compute.Network,
  "gcp:compute/router:Router": gcp.compute.Router,
  "gcp:compute/routerNat:RouterNat": gcp.compute.RouterNat,
  "gcp:compute/subnetwork:Subnetwork": gcp.compute.Subnetwork,
  "gcp:container/cluster:Cluster": gcp.container.Cluster,
  "gcp:container/nodePool:NodePool": gcp.container.NodePool,
  "gcp:logging/projectBucketConfig:ProjectBucketConfig": gcp.logging.ProjectBucketConfig,
  "gcp:logging/projectExclusion:ProjectExclusion": gcp.logging.ProjectExclusion,
  "gcp:logging/projectSink:ProjectSink": gcp.logging.ProjectSink,
  "gcp:monitoring/alertPolicy:AlertPolicy": gcp.monitoring.AlertPolicy,
  "gcp:monitoring/notificationChannel:NotificationChannel": gcp.monitoring.NotificationChannel,
  "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": gcp.monitoring.UptimeCheckConfig,
  "gcp:projects/iAMCustomRole:IAMCustomRole": gcp.projects.IAMCustomRole,
  "gcp:projects/iAMMember:IAMMember": gcp.projects.IAMMember,
  "gcp:projects/service:Service": gcp.projects.Service,
  "gcp:projects/serviceIdentity:ServiceIdentity": gcp.projects.ServiceIdentity,
  "gcp:pubsub/subscription:Subscription": gcp.pubsub.Subscription,
  "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember": gcp.pubsub.SubscriptionIAMMember,
  "gcp:pubsub/topic:Topic": gcp.pubsub.Topic,
  "gcp:pubsub/topicIAMMember:TopicIAMMember": gcp.pubsub.TopicIAMMember,
  "gcp:serviceaccount/account:Account": gcp.serviceaccount.Account,
  "gcp:serviceaccount/iAMMember:IAMMember": gcp.serviceaccount.IAMMember,
  "gcp:servicenetworking/connection:Connection": gcp.servicenetworking.Connection,
  "gcp:sql/database:Database": gcp.sql.Database,
  "gcp:sql/databaseInstance:DatabaseInstance": gcp.sql.DatabaseInstance,
  "gcp:sql/user:User": gcp.sql.User,
  "gcp:storage/bucket:Bucket": gcp.storage.Bucket,
  "gcp:storage/bucketIAMMember:BucketIAMMember": gcp.storage.BucketIAMMember,
} satisfies Record<Type, unknown>;

type Constructors = typeof constructors;
/** What the class of a type takes. */
export type ArgumentsOf<T extends Type> = NonNullable<ConstructorParameters<Constructors[T]>[1]>;
