using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Kumiki.Store.S3;

/// <summary>What S3 or the way to it refused, as a sentence that names the bucket and the mend, never the keys.</summary>
static class S3Trouble
{
    internal static bool IsAbsent(AmazonS3Exception error) => error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode is not "NoSuchBucket";

    /// <summary>Says what fails as a sentence.</summary>
    /// <param name="what">Done twice where the server found no request on the line: one that refuses an upload before it has read it may take the rest of it
    /// for the next request, answer that with an error that has no code, and only then close the line.</param>
    internal static async Task<T> SaidAsync<T>(Func<Task<T>> what, S3Address address)
    {
        try
        {
            try
            {
                return await what();
            }
            catch (AmazonS3Exception e) when (e is { StatusCode: HttpStatusCode.BadRequest, ErrorCode: "BadRequest" or "" or null })
            {
                return await what();
            }
        }
        catch (Exception e) when (Of(e, address) is { } said)
        {
            throw said;
        }
    }

    /// <summary>The sentence for an error; null where it is not one a user can mend.</summary>
    internal static KumikiException? Of(Exception error, S3Address address)
    {
        (string, object?)[] at =
        [
            ("bucket", address.Bucket), ("endpoint", address.Endpoint?.ToString().TrimEnd('/') ?? $"AWS ({address.Region})"),
            ("reason", error is AmazonS3Exception said ? said.ErrorCode : error.GetType().Name),
        ];
        return error switch
        {
            AmazonS3Exception { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "ExpiredToken" } =>
                Says(Message.Of("store.s3-keys", at)),
            AmazonS3Exception { ErrorCode: "NoSuchBucket" } => Says(Message.Of("store.s3-no-bucket", at)),
            AmazonS3Exception { ErrorCode: "RequestTimeTooSkewed" } => Says(Message.Of("store.s3-clock", at)),
            AmazonS3Exception { ErrorCode: "QuotaExceeded" or "InsufficientStorage" or "XMinioStorageFull" } => Says(Message.Of("store.s3-full", at)),
            AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden } => Says(Message.Of("store.s3-denied", at)),
            AmazonS3Exception { StatusCode: >= HttpStatusCode.InternalServerError } => Says(Message.Of("store.s3-failed", at)),
            HttpRequestException or TimeoutException or IOException { InnerException: System.Net.Sockets.SocketException } =>
                Says(Message.Of("store.s3-unreachable", at)),
            AmazonServiceException { InnerException: HttpRequestException or WebException or TimeoutException or IOException } =>
                Says(Message.Of("store.s3-unreachable", at)),
            AmazonClientException { InnerException: HttpRequestException or TimeoutException or IOException } => Says(Message.Of("store.s3-unreachable", at)),
            _ => null,
        };

        KumikiException Says(Message message) => new(message, error);
    }
}
