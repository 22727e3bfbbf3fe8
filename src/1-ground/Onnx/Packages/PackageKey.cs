using System.Security.Cryptography;

namespace Kumiki.Packages;

/// <summary>The key that packages are signed with: RSA of 3,072 bits, signatures of RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017), which are the same each time for
/// the same bytes.</summary>
public sealed class PackageKey : IDisposable
{
    const int Bits = 3072;

    readonly RSA rsa;

    PackageKey(RSA rsa) => (this.rsa, Id) = (rsa, IdOf(rsa));

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of the public key (SubjectPublicKeyInfo).</summary>
    public string Id { get; }

    /// <summary>Makes a new pair: <paramref name="path"/> with the private key, which only its owner may read, and beside it <c>.pub</c> with the public
    /// one.</summary>
    /// <returns>The key's id.</returns>
    /// <exception cref="KumikiException">There is such a file already: a key is never overwritten.</exception>
    public static string Make(string path)
    {
        if (File.Exists(path) || File.Exists(PublicPath(path))) throw new KumikiException(Message.Of("package.key-there", ("path", path)));
        using var rsa = RSA.Create(Bits);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        Write(path, rsa.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(PublicPath(path),
            rsa.ExportSubjectPublicKeyInfoPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return IdOf(rsa);

        static void Write(string path, string pem, UnixFileMode mode)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
            using var file = new FileStream(path, options);
            file.Write(System.Text.Encoding.ASCII.GetBytes(pem + "\n"));
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>The file of the public key beside that of the private one.</summary>
    public static string PublicPath(string path) => path + ".pub";

    /// <summary>Opens a private key.</summary>
    /// <exception cref="KumikiException">There is none, others may read it, or it is no such key.</exception>
    public static PackageKey Open(string path)
    {
        if (!File.Exists(path)) throw new KumikiException(Message.Of("package.no-key", ("path", path)));
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & others) != 0) throw new KumikiException(Message.Of("package.key-open",
            ("path", path)));
        return new(Import(path));
    }

    internal byte[] Sign(ReadOnlySpan<byte> bytes) => rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    internal static RSA Import(string path)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(File.ReadAllText(path));
            if (rsa.KeySize >= Bits) return rsa;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            rsa.Dispose();
            throw new KumikiException(Message.Of("package.bad-key", ("path", path)), e);
        }
        rsa.Dispose();
        throw new KumikiException(Message.Of("package.bad-key", ("path", path)));
    }

    internal static string IdOf(RSA rsa) => Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo()))[..16];

    public void Dispose() => rsa.Dispose();
}

/// <summary>The public keys whose packages are run.</summary>
public sealed class TrustedKeys : IDisposable
{
    readonly Dictionary<string, RSA> keys = new(StringComparer.Ordinal);

    /// <param name="paths">PEM files of public keys; at least one.</param>
    /// <exception cref="KumikiException">A file is not there or holds no such key.</exception>
    public static TrustedKeys Read(IReadOnlyList<string> paths)
    {
        ArgumentOutOfRangeException.ThrowIfZero(paths.Count, nameof(paths));
        var trusted = new TrustedKeys();
        foreach (var path in paths)
        {
            if (!File.Exists(path)) throw new KumikiException(Message.Of("package.no-trusted-key", ("path", path)));
            var rsa = PackageKey.Import(path);
            trusted.keys[PackageKey.IdOf(rsa)] = rsa;
        }
        return trusted;
    }

    public IEnumerable<string> Ids => keys.Keys.Order(StringComparer.Ordinal);

    internal bool Knows(string id) => keys.ContainsKey(id);

    internal bool Verify(string id, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) =>
        keys[id].VerifyData(bytes, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    public void Dispose()
    {
        foreach (var key in keys.Values) key.Dispose();
    }
}
