#!/bin/sh
# The first process of a database host. Its files come read-only from the lab: my.cnf, ca.pem, host.pem, host.key.
set -eu
install -o mysql -g mysql -m 600 /lab/my.cnf /lab/ca.pem /lab/host.pem /lab/host.key -t /etc/mysql/conf.d/
if [ ! -e /var/lib/mysql/ready ]; then
    # lower_case_table_names can only be chosen here. A half-made folder is made again.
    rm -rf /var/lib/mysql
    install -d -o mysql -g mysql -m 750 /var/lib/mysql
    mysqld --initialize-insecure --user=mysql
    install -o mysql -g mysql -m 600 /dev/null /var/lib/mysql/ready
fi
exec mysqld --user=mysql
