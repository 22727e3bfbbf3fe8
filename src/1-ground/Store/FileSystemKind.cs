namespace Kumiki.Store;

/// <summary>Which file systems can hold a store. SQLite's WAL needs memory shared between the processes of one machine and locks that hold; a network file
/// system gives neither, and what it calls durable may be another machine's cache.</summary>
static class FileSystemKind
{
    /// <summary>The network file system a magic number of <c>statfs</c> stands for.</summary>
    /// <returns>Its name; null for a file system of this machine.</returns>
    /// <remarks>Numbers from Linux's <c>include/uapi/linux/magic.h</c> and the file systems' own sources. FUSE is refused whole: sshfs, s3fs and the shared
    /// folders of virtual machines are FUSE, and nothing tells them from a local one.</remarks>
    internal static string? Network(long magic) => (magic & 0xFFFFFFFF) switch
    {
        0x6969 => "NFS",
        0x517B => "SMB",
        0xFF534D42 => "CIFS",
        0xFE534D42 => "SMB2",
        0x65735546 => "FUSE, such as sshfs",
        0x01021997 => "9P",
        0x00C36400 => "Ceph",
        0x5346414F or 0x6B414653 => "AFS",
        0x73757245 => "Coda",
        0x564C => "NCP",
        0x0BD00BD0 => "Lustre",
        0x47504653 => "GPFS",
        0x19830326 => "BeeGFS",
        0xAAD7AAEA => "PanFS",
        0x20030528 => "OrangeFS",
        0x01161970 => "GFS2",
        0x7461636F => "OCFS2",
        0x786F4256 => "VirtualBox shared folder",
        0xBACBACBC => "VMware shared folder",
        0x7C7C6673 => "Parallels shared folder",
        _ => null,
    };
}
