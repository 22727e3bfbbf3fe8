using System.Globalization;
using System.Text;

namespace Kumiki.Store;

/// <summary>A server's hold on its data folder: two servers on one folder are one too many. The kernel lets go of it when the process ends, however it
/// ends.</summary>
public sealed class ServerLock : IDisposable
{
    readonly FileStream file;

    ServerLock(FileStream file) => this.file = file;

    /// <summary>Takes a folder for this process, and writes down who has it and where it answers.</summary>
    /// <param name="address">Where this server answers, for the sentence the next one says.</param>
    /// <exception cref="KumikiException">Another server has it; the sentence names its process and address.</exception>
    public static ServerLock Take(string folder, string address)
    {
        var path = DataFolder.LockFile(System.IO.Path.GetFullPath(folder));
        FileStream file;
        try
        {
            file = new FileStream(Posix.OpenUnlocked(path), FileAccess.ReadWrite);
        }
        catch (Exception e) when (StoreTrouble.Of(e, path) is { } said)
        {
            throw said;
        }
        if (!Posix.TryLock(file.SafeFileHandle))
        {
            using (file)
            using (var reader = new StreamReader(file))
            {
                var lines = reader.ReadToEnd().Split('\n');
                throw new KumikiException(Message.Of("store.server-runs", ("folder", folder), ("pid", lines[0]), ("address", lines.ElementAtOrDefault(1))));
            }
        }
        // Written over, then cut: a server that reads meanwhile never finds it empty.
        file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n{address}\n")));
        file.SetLength(file.Position);
        file.Flush();
        return new(file);
    }

    public void Dispose()
    {
        if (file.SafeFileHandle.IsClosed) return;
        Posix.Unlock(file.SafeFileHandle);
        file.Dispose();
    }
}
