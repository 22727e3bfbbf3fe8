using System.Globalization;
using System.Text.RegularExpressions;
using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using Amazon.S3;

namespace Kumiki.Store.S3;

/// <summary>Where an artifact store is in S3: <c>s3://bucket/prefix?endpoint=https://s3.example&amp;region=eu-west-1</c>.</summary>
/// <remarks>Keys never stand in it: they come from <c>AWS_ACCESS_KEY_ID</c> and <c>AWS_SECRET_ACCESS_KEY</c>, from a file (<c>?credentials=FILE</c>, else the
/// one AWS's own tools use), or at AWS itself from the machine's role.</remarks>
public sealed partial record S3Address
{
    S3Address(string bucket, string prefix) => (Bucket, Prefix) = (bucket, prefix);

    public string Bucket { get; }

    /// <summary>What all keys begin with: empty, or ending in a slash.</summary>
    public string Prefix { get; }

    /// <value>Null: AWS itself.</value>
    public Uri? Endpoint { get; private init; }

    public string Region { get; private init; } = "us-east-1";

    /// <summary>How much of the artifacts this machine keeps beside, in bytes; what was used within a day stays beyond it.</summary>
    /// <value>20 GiB.</value>
    public long CacheBytes { get; private init; } = 20L << 30;

    string? Credentials { get; init; }

    string? Profile { get; init; }

    /// <summary>Whether a setting names an S3 store.</summary>
    public static bool Is(string setting) => setting.StartsWith("s3:", StringComparison.Ordinal);

    /// <summary>Reads an address. Known in its query: <c>endpoint</c>, <c>region</c>, <c>cache</c> (GiB), <c>credentials</c> (a file of AWS's form) and
    /// <c>profile</c> (its section).</summary>
    /// <exception cref="KumikiException">It is none; the sentence says why.</exception>
    public static S3Address Parse(string text)
    {
        if (!Is(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri)) throw Bad("it cannot be read");
        if (uri.UserInfo.Length > 0) throw Bad("keys do not belong into an address: put them into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a file");
        if (!BucketName().IsMatch(uri.Host)) throw Bad("a bucket is named in 3 to 63 small letters, digits, points and hyphens");
        var prefix = Uri.UnescapeDataString(uri.AbsolutePath).Trim('/');
        if (prefix.Split('/').Any(part => part is "." or "..") || prefix.Length > 500) throw Bad("its prefix is no plain path");
        var address = new S3Address(uri.Host, prefix.Length == 0 ? "" : prefix + "/");
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (left, Uri.UnescapeDataString(right)) : (pair, "");
            address = name switch
            {
                "endpoint" when Uri.TryCreate(value, UriKind.Absolute, out var at) && at.Scheme is "http" or "https" && at.UserInfo.Length == 0 =>
                    address with { Endpoint = at },
                "region" when RegionName().IsMatch(value) => address with { Region = value },
                "cache" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var gib) && gib is >= 1 and <= 1_000_000 =>
                    address with { CacheBytes = (long)gib << 30 },
                "credentials" when File.Exists(value) => address with { Credentials = value },
                "profile" when value.Length > 0 => address with { Profile = value },
                _ => throw Bad($"{name} is not known there, or not with that value"),
            };
        }
        return address;

        KumikiException Bad(string reason) => new(Message.Of("store.s3-address", ("address", KeysPart().Replace(text, "***@")), ("reason", reason)));
    }

    public override string ToString() => $"s3://{Bucket}/{Prefix}{(Endpoint is null ? "" : $"?endpoint={Endpoint.ToString().TrimEnd('/')}")}";

    public bool Equals(S3Address? other) => other is not null && (Bucket, Prefix, Endpoint) == (other.Bucket, other.Prefix, other.Endpoint);

    public override int GetHashCode() => HashCode.Combine(Bucket, Prefix, Endpoint);

    /// <exception cref="KumikiException">There are no keys.</exception>
    internal AmazonS3Client Connect() => new(Keys(), Configuration());

    /// <summary>Checksums beyond the signature's only where they are asked for: older servers of that protocol refuse them.</summary>
    AmazonS3Config Configuration()
    {
        var configuration = new AmazonS3Config
        {
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 3,
        };
        if (Endpoint is null) configuration.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
        else (configuration.ServiceURL, configuration.ForcePathStyle, configuration.AuthenticationRegion) = (Endpoint.ToString(), true, Region);
        return configuration;
    }

    AWSCredentials Keys()
    {
        if (Credentials is null && Profile is null && Environment.GetEnvironmentVariable("AWS_ACCESS_KEY_ID") is { Length: > 0 }
            && Environment.GetEnvironmentVariable("AWS_SECRET_ACCESS_KEY") is { Length: > 0 }) return new EnvironmentVariablesAWSCredentials();
        var profile = Profile ?? (Environment.GetEnvironmentVariable("AWS_PROFILE") is { Length: > 0 } named ? named : "default");
        var file = Credentials ?? (Environment.GetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE") is { Length: > 0 } shared ? shared : null);
        if (new CredentialProfileStoreChain(file).TryGetAWSCredentials(profile, out var kept)) return kept;
        // Only AWS's own machines have a role to ask for; elsewhere the asking would wait for nobody.
        return Endpoint is null && Credentials is null ? DefaultAWSCredentialsIdentityResolver.GetCredentials()
            : throw new KumikiException(Message.Of("store.s3-no-keys", ("store", this)));
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    private static partial Regex BucketName();

    [GeneratedRegex("^[a-z0-9-]{1,40}$")]
    private static partial Regex RegionName();

    [GeneratedRegex("(?<=^s3://)[^/@]*@")]
    private static partial Regex KeysPart();
}
