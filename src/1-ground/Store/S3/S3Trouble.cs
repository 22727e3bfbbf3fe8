using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Kumiki.Store.S3;

/// <summary>What S3 or the way to it refused, as a sentence that names the bucket and the mend, never the keys.</summary>
static class S3Trouble
{
    internal static bool IsAbsent(AmazonS3Exception error) => error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode is not "NoSuchBucket";

    /// <summary>The sentence for an error; null where it is not one a user can mend.</summary>
    internal static KumikiException? Of(Exception error, S3Address address)
    {
        return error switch
        {
            AmazonS3Exception { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "ExpiredToken" } => Says("store.s3-keys"),
            AmazonS3Exception { ErrorCode: "NoSuchBucket" } => Says("store.s3-no-bucket"),
            AmazonS3Exception { ErrorCode: "RequestTimeTooSkewed" } => Says("store.s3-clock"),
            AmazonS3Exception { ErrorCode: "QuotaExceeded" or "InsufficientStorage" or "XMinioStorageFull" } => Says("store.s3-full"),
            AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden } => Says("store.s3-denied"),
            AmazonS3Exception { StatusCode: >= HttpStatusCode.InternalServerError } => Says("store.s3-failed"),
            HttpRequestException or TimeoutException or IOException { InnerException: System.Net.Sockets.SocketException } => Says("store.s3-unreachable"),
            AmazonServiceException { InnerException: HttpRequestException or WebException or TimeoutException or IOException } => Says("store.s3-unreachable"),
            AmazonClientException { InnerException: HttpRequestException or TimeoutException or IOException } => Says("store.s3-unreachable"),
            _ => null,
        };

        KumikiException Says(string id) => new(Message.Of(id, ("bucket", address.Bucket), ("endpoint", address.Endpoint?.ToString().TrimEnd('/') ?? $"AWS ({address.Region})"),
            ("reason", error is AmazonS3Exception said ? said.ErrorCode : error.GetType().Name)), error);
    }
}
